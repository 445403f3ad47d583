"""Projects: the start page, the tree, and everything that changes which images belong to one."""
