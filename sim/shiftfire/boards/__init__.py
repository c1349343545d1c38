"""What boards cost: budgets, measured reports, and the page made of them."""
