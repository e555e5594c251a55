"""``python -m serving`` is ``studio-mask``, where its script is not on the PATH."""

from serving.command_line import main

if __name__ == "__main__":
    main()
