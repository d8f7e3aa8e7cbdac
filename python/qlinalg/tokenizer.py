"""Text and tokens of a model: its tokenizer, its chat template, and text that grows token by token."""

import pathlib

from .errors import Error


def load_tokenizer(model):
    """The `tokenizers.Tokenizer` of the files that belong to the model."""
    import tokenizers

    path = next((pathlib.Path(file) for file in model.source.files if pathlib.Path(file).name == "tokenizer.json"), None)
    if path is None:
        raise Error("expected the model to have a tokenizer.json, got none: put it beside its weights")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    # The library's errors have no class of their own.
    except Exception as error:
        raise Error(f"{path}: expected a tokenizer, got {error}") from None
    rows = model.source.config.get("vocabulary")
    most = max(tokenizer.get_vocab().values(), default=-1)
    if rows is not None and most >= rows:
        raise Error(f"{path}: expected tokens below {rows}, the rows of the model's embedding, got {most}: it is another model's tokenizer")
    # Calls decide about lengths themselves.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def chat_prompt(model, messages):
    """The text of [{"role": ..., "content": ...}, ...] by the model's chat template, up to where its answer begins."""
    import jinja2.sandbox

    template = model.source.config.get("chat_template") or _file_template(model)
    if not template:
        raise Error("expected the model to have a chat template, got none: give the prompt as text")

    def refuse(text):
        raise Error(f"the chat template refuses these messages: {text}")

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    try:
        return environment.from_string(template).render(messages=messages, add_generation_prompt=True, bos_token="", eos_token="")
    except jinja2.TemplateError as error:
        raise Error(f"expected a chat template that can be filled, got {error}") from None


def _file_template(model):
    """Folders have it in a file of its own, or in tokenizer_config.json."""
    import json

    files = {pathlib.Path(file).name: pathlib.Path(file) for file in model.source.files}
    if "chat_template.jinja" in files:
        return files["chat_template.jinja"].read_text(encoding="utf-8")
    if "tokenizer_config.json" in files:
        template = json.loads(files["tokenizer_config.json"].read_text(encoding="utf-8")).get("chat_template")
        return template if isinstance(template, str) else None
    return None


class TextStream:
    """Text of tokens as they come. A token may end within a character: what is not yet whole is held back.

    `stops` are texts that end it; they and what follows do not come out, so what may become one is held back too.
    """

    # Text before these tokens cannot change any more; a decoder looks at one token before at most.
    KEPT = 8

    def __init__(self, tokenizer, stops=()):
        self.tokenizer, self.stops = tokenizer, [stop for stop in stops if stop]
        self.tokens, self.begin, self.given = [], 0, 0
        self.held = ""
        self.stopped = False

    def add(self, token):
        """The text that is certain now and was not before."""
        if self.stopped:
            return ""
        self.tokens.append(token)
        whole = self.tokenizer.decode(self.tokens[self.begin :])
        if whole.endswith("\ufffd"):
            return ""
        new = whole[self.given :]
        self.given = len(whole)
        if len(self.tokens) - self.begin > 4 * self.KEPT:
            self.begin = len(self.tokens) - self.KEPT
            self.given = len(self.tokenizer.decode(self.tokens[self.begin :]))
        return self._until_stop(new)

    def end(self):
        """What was held back in case more came."""
        if self.stopped:
            return ""
        rest = self.held + self.tokenizer.decode(self.tokens[self.begin :])[self.given :]
        self.held, self.stopped = "", True
        return rest

    def _until_stop(self, new):
        text = self.held + new
        places = [text.find(stop) for stop in self.stops if stop in text]
        if places:
            self.held, self.stopped = "", True
            return text[: min(places)]
        keep = max((size for stop in self.stops for size in range(1, len(stop)) if text.endswith(stop[:size])), default=0)
        self.held = text[len(text) - keep :]
        return text[: len(text) - keep]
