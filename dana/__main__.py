"""`python -m dana`: the command."""

from dana.cli import command

if __name__ == "__main__":
    command()
