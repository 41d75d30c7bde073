"""Ways in and out of the hub, one file each; none of them looks at clinical content."""
