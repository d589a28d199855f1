package dev.restbus.api;

/** The rule for names of topics, groups, members, queues and exchanges: Kafka's. */
public final class Names {

    public static final int MAX_LENGTH = 249;

    /** Topics of the bus itself begin so. */
    public static final String INTERNAL_PREFIX = "__";

    private Names() {}

    /**
     * Whether the name is 1 to 249 of {@code [A-Za-z0-9._-]} and neither {@code .} nor {@code ..}.
     */
    public static boolean isValid(String name) {
        if (name.isEmpty() || name.length() > MAX_LENGTH || name.equals(".") || name.equals("..")) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (!isValidCharacter(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the name if it is valid.
     *
     * @param what what it names, for the message: {@code topic}, {@code group}, …
     * @throws BusException 422 {@code invalid-name}
     */
    public static String require(String what, String name) {
        if (isValid(name)) {
            return name;
        }
        throw ProblemCode.INVALID_NAME.exceptionAt(
                what,
                "a "
                        + what
                        + " name is 1 to "
                        + MAX_LENGTH
                        + " of A-Z a-z 0-9 . _ - and not . or .., not '"
                        + (name.length() > 64 ? name.substring(0, 64) + "…" : name)
                        + "'");
    }

    /**
     * Returns the name if a client may create or change what it names.
     *
     * @throws BusException 422 {@code invalid-name}
     */
    public static String requireOwn(String what, String name) {
        require(what, name);
        if (isInternal(name)) {
            throw ProblemCode.INVALID_NAME.exceptionAt(
                    what, "names that begin with __ belong to the bus itself");
        }
        return name;
    }

    public static boolean isInternal(String name) {
        return name.startsWith(INTERNAL_PREFIX);
    }

    private static boolean isValidCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }
}
