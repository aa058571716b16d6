"""The one exception that people see: what is wrong, where, and what to do about it."""


class InputError(Exception):
    """Bad input from outside (a file, a folder, a setting).

    Its text names the file, line or frame, what was found, what was expected and what to do.
    Command lines print it without a traceback and exit with status 2.
    """
