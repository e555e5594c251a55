"""Makes `python -m studio` the command line of the renderer."""

from studio.cli import main

if __name__ == "__main__":
    main(prog_name="python -m studio")
