"""What large receivers ask of a sending domain, held against its DNS, its relay and its letters."""
