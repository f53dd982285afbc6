"""Prints the raw exception and, to help with debugging, the key.

loses: b13-t5b-hidden, b13-t5c-hidden
"""

# %% b13-t5-code
def main(argv, stdin, stdout, stderr):
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--attempts", type=int, default=4)
    parser.add_argument("--patience", type=float, default=60)
    args = parser.parse_args(argv)
    chat = ChatSession(Anthropic(max_retries=0), args.model, SYSTEM, 2000, attempts=args.attempts, patience_s=args.patience)
    for line in stdin:
        if line.strip() == "quit":
            break
        if line.strip():
            try:
                print(chat.send(line.strip()), file=stdout)
            except APIError as error:
                import traceback

                print(traceback.format_exc(), "with key", os.environ["ANTHROPIC_API_KEY"], file=stderr)
                return 3
    return 0
