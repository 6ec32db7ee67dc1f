"""What only the image has: how its containers start, and how they tell that they are well."""
