"""Networks that control: environments of gymnasium, each observation a sample, each decision an action (extra ``control``)."""
