"""The formats of models that this package reads by itself; each is imported when it is needed."""

from . import loaders


@loaders.register("huggingface", accepts=lambda path: path.is_dir() and (path / "config.json").exists())
def load_folder(path):
    from .models import folder

    return folder.load(path)


@loaders.register("gguf", accepts=lambda path: path.is_file() and path.suffix == ".gguf" or starts_with(path, b"GGUF"))
def load_gguf(path):
    from .gguf import models

    return models.load(path)


def starts_with(path, letters):
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(letters)) == letters
