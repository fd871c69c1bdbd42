"""Controls: the provider picker with its keys, the parameters, the export menu, small buttons."""
