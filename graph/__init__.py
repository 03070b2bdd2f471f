"""What is known about utilities and partnerships, and where it is kept."""
