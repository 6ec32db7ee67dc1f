"""How a pipeline is submitted. Nothing here knows any one pipeline: what is computed stands in sql/."""
