"""What providers' bodies look like: requests read into prompts, completions written as answers."""
