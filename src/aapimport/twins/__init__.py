"""Same human? Who is to be created and may be there already: pure, over names and addresses."""
