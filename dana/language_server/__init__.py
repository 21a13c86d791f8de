"""What editors ask about programs: each module but `server` answers for texts and offsets, and runs nothing."""
