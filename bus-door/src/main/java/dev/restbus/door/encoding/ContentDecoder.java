package dev.restbus.door.encoding;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Undoes the {@code Content-Encoding} of one body while it comes: what has arrived is fed in, and
 * what it stands for is read out into room of the caller's, as much as fits. It holds memory
 * outside of the heap until it is closed. Not thread-safe.
 */
public abstract class ContentDecoder implements AutoCloseable {

    private static final String HEADER = "Content-Encoding";

    /** So much may come out of a body whatever its ratio. */
    private static final long FREE_BYTES = 1 << 20;

    /** What one byte that arrived may become once the free bytes are used up. */
    private static final int MAX_RATIO = 20;

    private long fed;
    private long produced;

    ContentDecoder() {}

    /**
     * What undoes this encoding.
     *
     * @param encoding the header's value; null where none was sent
     * @return null where the body is as it stands
     * @throws BusException 415 {@code unsupported-encoding}
     */
    public static @Nullable ContentDecoder of(@Nullable String encoding) {
        String name = encoding == null ? "" : encoding.trim().toLowerCase(Locale.ROOT);
        switch (name) {
            case "", "identity":
                return null;
            case "gzip", "x-gzip":
                return new GzipDecoder();
            case "zstd":
                return zstd();
            default:
                throw unsupported(
                        "a body is encoded once, with gzip or zstd, or not at all, but not with '"
                                + encoding
                                + "'");
        }
    }

    private static ContentDecoder zstd() {
        try {
            return new ZstdDecoder();
        } catch (LinkageError e) {
            // The library is native code, and not for every kind of machine.
            throw unsupported("zstd cannot be had on the machine of this node; gzip can");
        }
    }

    /** Hands over what has come, once all before it was read out; not changed until then. */
    public final void feed(byte[] bytes, int at, int length) {
        if (length > 0) {
            fed += length;
            input(bytes, at, length);
        }
    }

    /**
     * Reads out what the input stands for.
     *
     * @param room at least 1
     * @return how many bytes; 0 where all of the input is used up
     * @throws BusException 400 {@code malformed-encoding}, 413 {@code body-too-large} for a ratio
     *     that only a bomb has, 415 {@code unsupported-encoding} for a window that is too large
     */
    public final int read(byte[] target, int at, int room) {
        int count = decode(target, at, room);
        produced += count;
        if (produced > FREE_BYTES && produced > (fed - unread()) * MAX_RATIO) {
            throw ProblemCode.BODY_TOO_LARGE
                    .problem(
                            "the body grows to more than "
                                    + MAX_RATIO
                                    + " times what was sent; beyond the first "
                                    + FREE_BYTES
                                    + " bytes it may not")
                    .with("maxRatio", MAX_RATIO)
                    .asException();
        }
        return count;
    }

    /**
     * To be called when nothing more comes and all is read out.
     *
     * @throws BusException 400 {@code malformed-encoding} if the body is cut short
     */
    public final void finish() {
        if (!isWhole()) {
            throw malformed("it is cut short");
        }
    }

    /** The memory that this decoder holds now, in bytes; an estimate from above. */
    public abstract long heldBytes();

    @Override
    public abstract void close();

    abstract void input(byte[] bytes, int at, int length);

    abstract int decode(byte[] target, int at, int room);

    /** How many bytes of the input are not used up. */
    abstract int unread();

    /** Whether the input so far is a whole body. */
    abstract boolean isWhole();

    final long produced() {
        return produced;
    }

    static BusException malformed(String why) {
        return ProblemCode.MALFORMED_ENCODING.exceptionAt(
                HEADER, "the body is not encoded as its Content-Encoding says: " + why);
    }

    static BusException unsupported(String why) {
        return ProblemCode.UNSUPPORTED_ENCODING.exceptionAt(HEADER, why);
    }
}
