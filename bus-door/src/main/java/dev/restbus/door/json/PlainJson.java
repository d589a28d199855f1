package dev.restbus.door.json;

/**
 * Recognises JSON values as nearly all are: without escapes in member names, few members an object,
 * numbers and nesting of ordinary size. It says yes only to what {@link StrictJson#streaming()}
 * with {@link MemberNames} accepts too; of all else it says that it does not know, and the parser
 * decides and words the refusal. For a small value this costs a fraction of setting a parser up.
 * One pass, RFC 8259. Used once, by one thread.
 */
public final class PlainJson {

    /** Names of all open objects together; more are left to the parser. */
    private static final int MAX_NAMES = 48;

    private static final int MAX_OPEN = 32;

    private final byte[] bytes;
    private final int end;
    private int at;

    /** Where the names of the open objects stand, outermost first: start and length. */
    private final int[] names = new int[2 * MAX_NAMES];

    private int nameCount;

    private PlainJson(byte[] bytes, int at, int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
    }

    /**
     * Whether the bytes, which are valid UTF-8, are surely one JSON value and nothing else.
     *
     * @return false where that is not so, or not sure
     */
    public static boolean isSurely(byte[] bytes, int at, int length) {
        PlainJson json = new PlainJson(bytes, at, at + length);
        json.skipSpace();
        if (!json.value(0)) {
            return false;
        }
        json.skipSpace();
        return json.at == json.end;
    }

    private boolean value(int depth) {
        if (at == end) {
            return false;
        }
        switch (bytes[at]) {
            case '{':
                return depth < MAX_OPEN && object(depth + 1);
            case '[':
                return depth < MAX_OPEN && array(depth + 1);
            case '"':
                return string(true);
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }

    private boolean object(int depth) {
        int firstName = nameCount;
        at++;
        skipSpace();
        if (take('}')) {
            return true;
        }
        while (true) {
            if (!name(firstName)) {
                return false;
            }
            skipSpace();
            if (!take(':')) {
                return false;
            }
            skipSpace();
            if (!value(depth)) {
                return false;
            }
            skipSpace();
            if (take('}')) {
                nameCount = firstName;
                return true;
            }
            if (!take(',')) {
                return false;
            }
            skipSpace();
        }
    }

    private boolean array(int depth) {
        at++;
        skipSpace();
        if (take(']')) {
            return true;
        }
        while (true) {
            if (!value(depth)) {
                return false;
            }
            skipSpace();
            if (take(']')) {
                return true;
            }
            if (!take(',')) {
                return false;
            }
            skipSpace();
        }
    }

    /** A name that the object has not had yet. */
    private boolean name(int firstName) {
        int start = at + 1;
        if (at == end || bytes[at] != '"' || !string(false) || nameCount == MAX_NAMES) {
            return false;
        }
        int length = at - 1 - start;
        if (length > StrictJson.MAX_NAME_LENGTH) {
            return false;
        }
        for (int i = firstName; i < nameCount; i++) {
            if (names[2 * i + 1] == length && sameBytes(names[2 * i], start, length)) {
                return false;
            }
        }
        names[2 * nameCount] = start;
        names[2 * nameCount + 1] = length;
        nameCount++;
        return true;
    }

    private boolean sameBytes(int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[one + i] != bytes[other + i]) {
                return false;
            }
        }
        return true;
    }

    private boolean string(boolean withEscapes) {
        at++;
        while (at < end) {
            byte b = bytes[at++];
            if (b == '"') {
                return true;
            }
            // Bytes above 0x7f are negative, and known to be UTF-8.
            if (b >= 0 && b < ' ' || b == '\\' && !(withEscapes && escape())) {
                return false;
            }
        }
        return false;
    }

    private boolean escape() {
        if (at == end) {
            return false;
        }
        switch (bytes[at++]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
                return true;
            case 'u':
                return hexDigits(4);
            default:
                return false;
        }
    }

    private boolean hexDigits(int count) {
        for (int i = 0; i < count; i++) {
            if (at == end || Character.digit(bytes[at++], 16) < 0) {
                return false;
            }
        }
        return true;
    }

    private boolean number() {
        int start = at;
        take('-');
        if (!take('0') && !digits()) {
            return false;
        }
        if (take('.') && !digits()) {
            return false;
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            if (!digits()) {
                return false;
            }
        }
        return at - start <= StrictJson.MAX_NUMBER_LENGTH;
    }

    private boolean digits() {
        int start = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at > start;
    }

    private boolean word(String word) {
        if (end - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (bytes[at + i] != word.charAt(i)) {
                return false;
            }
        }
        at += word.length();
        return true;
    }

    private boolean take(char wanted) {
        if (at < end && bytes[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < end
                && (bytes[at] == ' '
                        || bytes[at] == '\n'
                        || bytes[at] == '\r'
                        || bytes[at] == '\t')) {
            at++;
        }
    }
}
