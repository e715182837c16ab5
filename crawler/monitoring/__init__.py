"""Find out how the desk is doing: problems of the moment, and the status of each outlet."""
