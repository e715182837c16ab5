"""All tests: laid out like the rooms of the three floors."""
