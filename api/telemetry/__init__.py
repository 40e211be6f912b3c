"""What the service tells of itself: logs without personal data, metrics, and what every answer carries."""
