"""Files of complaints, taken in as jobs: uploaded, worked on by one process, their results downloaded."""
