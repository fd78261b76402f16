"""`python -P -m app` is the same as `inhouse`."""

from app.cli import main

if __name__ == "__main__":
    main(prog_name="inhouse")
