"""Files that ship with Inhouse: the sample shop, model catalog, themes."""
