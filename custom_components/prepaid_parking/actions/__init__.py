"""The actions, by what they are about: each file is a table of names, handlers and fields."""
