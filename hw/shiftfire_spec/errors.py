"""The one exception that the contract raises."""


class ContractError(ValueError):
    """A value does not fit the contract.

    The message names the thing, the value and the limits; it is fit to be shown to a user as it is.
    """
