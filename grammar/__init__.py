"""The grammar of Dana."""
