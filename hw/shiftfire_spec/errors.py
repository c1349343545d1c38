"""The errors that a user can cause, below one base class."""


class UserError(Exception):
    """A mistake of the user, or something that cannot be done here; everything of this project that is raised for a user derives from it.

    The message names the thing, the value and the remedy; it is fit to be shown to a user as it is.
    """


class ContractError(UserError, ValueError):
    """A value does not fit the contract. The message names the thing, the value and the limits."""
