"""The formats of models that this package reads by itself; each is imported when it is needed."""

from . import loaders


@loaders.register("huggingface", accepts=lambda path: path.is_dir() and (path / "config.json").exists())
def load_folder(path):
    from .models import folder

    return folder.load(path)
