"""The demo's synthetic town: people, plans, ninety days of measurements and one day's events. No real person is in it."""
