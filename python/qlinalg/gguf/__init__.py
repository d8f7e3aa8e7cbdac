"""GGUF files: what they hold, their blocks as floats, their tokenizers, and the models in them."""
