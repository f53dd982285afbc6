/** The Course panel's data, as the server extension gives it. */
export {};
