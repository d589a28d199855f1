package dev.restbus.door.json;

import dev.restbus.api.ProblemCode;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Finds members that an object names twice, for parsers of {@link StrictJson#streaming()}.
 * Jackson's own detection puts every name into a hash set, which costs more than the rest of
 * skipping a small value; here names are compared with the few before them, and hashed only where
 * there are many. Not thread-safe; used for one document.
 */
public final class MemberNames {

    /** Above so many names in one object, comparing each with all would be quadratic. */
    private static final int COMPARED = 12;

    /** Names of the open objects, outermost first. */
    private String[] names = new String[2 * COMPARED];

    private int count;

    /** Of each open object: where its names begin. */
    private int[] starts = new int[8];

    /** Of each open object with many names: all of them. */
    private final @Nullable Set<String>[] hashed = newSets();

    private int depth;

    /** An object begins. */
    public void open() {
        if (depth == starts.length) {
            starts = Arrays.copyOf(starts, depth * 2);
        }
        starts[depth++] = count;
    }

    /** The object that began last ends. */
    public void close() {
        count = starts[--depth];
        hashed[depth] = null;
    }

    /**
     * A member of the open object.
     *
     * @throws dev.restbus.api.BusException 400 {@code duplicate-field}
     */
    public void add(String name) {
        int start = starts[depth - 1];
        if (count - start >= COMPARED) {
            addHashed(name, start);
            return;
        }
        for (int i = start; i < count; i++) {
            if (names[i].equals(name)) {
                throw duplicate(name);
            }
        }
        if (count == names.length) {
            names = Arrays.copyOf(names, count * 2);
        }
        names[count++] = name;
    }

    /** Moves the parser, which stands on a value, to the end of that value. */
    public void skip(JsonParser parser) {
        if (!parser.currentToken().isStructStart()) {
            parser.finishToken();
            return;
        }
        int open = 0;
        JsonToken token = parser.currentToken();
        while (true) {
            switch (token) {
                case START_OBJECT -> {
                    open();
                    open++;
                }
                case START_ARRAY -> open++;
                case END_OBJECT -> {
                    close();
                    open--;
                }
                case END_ARRAY -> open--;
                case PROPERTY_NAME -> add(parser.currentName());
                default -> {}
            }
            if (open == 0) {
                return;
            }
            token = parser.nextToken();
        }
    }

    private void addHashed(String name, int start) {
        Set<String> all = hashed[depth - 1];
        if (all == null) {
            all = new HashSet<>(Arrays.asList(names).subList(start, count));
            hashed[depth - 1] = all;
        }
        if (!all.add(name)) {
            throw duplicate(name);
        }
    }

    private static dev.restbus.api.BusException duplicate(String name) {
        return ProblemCode.DUPLICATE_FIELD.exception(
                "an object names the member '" + name + "' twice");
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Set<String>[] newSets() {
        return (Set<String>[]) new Set<?>[StrictJson.MAX_DEPTH + 1];
    }
}
