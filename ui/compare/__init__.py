"""Parts of the Compare page: lanes, their words, the vote, the tables."""
