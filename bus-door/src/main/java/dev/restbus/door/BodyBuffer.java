package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.encoding.ContentDecoder;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What has come of one body and was not taken yet, decoded. While its request holds no thread, the
 * buffer and the decoder are counted against the common memory of incomplete bodies. Not
 * thread-safe.
 */
final class BodyBuffer {

    static final int FIRST_BYTES = 16 * 1024;

    private static final byte[] EMPTY = {};

    private final Admission admission;
    private final long mostBytes;
    private final @Nullable ContentDecoder decoder;

    /** What came last of an encoded body. */
    private final byte[] piece;

    private byte[] bytes = EMPTY;
    private int start;
    private int end;
    private volatile long arrived;
    private boolean counted;

    /** What of the common memory this body holds. */
    private long taken;

    private boolean released;

    /**
     * @param mostBytes the buffer never grows above it
     * @param decoder closed by {@link #release}; null for a body that is as it stands
     */
    BodyBuffer(Admission admission, long mostBytes, @Nullable ContentDecoder decoder) {
        this.admission = admission;
        this.mostBytes = mostBytes;
        this.decoder = decoder;
        this.piece = decoder == null ? EMPTY : new byte[FIRST_BYTES];
    }

    /** Bytes that came in all, encoded as they came; may be read by any thread. */
    long arrived() {
        return arrived;
    }

    int size() {
        return end - start;
    }

    /** What is in it; valid until the next read. */
    Slice slice() {
        return new Slice(bytes, start, end - start);
    }

    /** Leaves out what was taken from its front. */
    void drop(int count) {
        start += count;
        if (start == end) {
            start = 0;
            end = 0;
        }
    }

    /**
     * From now on the memory counts.
     *
     * @throws BusException 429 {@code backpressure} where there is no more
     */
    void count() {
        counted = true;
        hold(bytes.length);
    }

    /**
     * Reads once, without waiting where the stream has something; of an encoded body {@link
     * #decode} then gives what it stands for.
     *
     * @return false at the end of the body
     * @throws BusException 429 {@code backpressure}
     */
    boolean readFrom(ServletInputStream in) throws IOException {
        int count;
        if (decoder == null) {
            makeRoom();
            count = in.read(bytes, end, bytes.length - end);
            end += Math.max(count, 0);
        } else {
            count = in.read(piece, 0, piece.length);
            decoder.feed(piece, 0, count);
        }
        arrived += Math.max(count, 0);
        return count >= 0;
    }

    /**
     * Decodes as much as there is room for, at least a byte; 0 where all that came is decoded.
     *
     * @throws BusException as {@link ContentDecoder#read}, and 429 {@code backpressure}
     */
    int decode() {
        if (decoder == null) {
            return 0;
        }
        makeRoom();
        int count = decoder.read(bytes, end, bytes.length - end);
        end += count;
        return count;
    }

    /**
     * The body is over.
     *
     * @throws BusException 400 {@code malformed-encoding} if its encoding is not
     */
    void finish() {
        if (decoder != null) {
            decoder.finish();
        }
    }

    /** Gives back what it holds of the common memory and of the system; its bytes stay valid. */
    void release() {
        if (!released) {
            released = true;
            admission.giveBackBytes(taken);
            taken = 0;
            if (decoder != null) {
                decoder.close();
            }
        }
    }

    /** Gives back what a large piece needed, once it is gone. */
    void shrink() {
        if (size() == 0 && bytes.length > FIRST_BYTES) {
            bytes = EMPTY;
            long back = taken - held(0);
            admission.giveBackBytes(back);
            taken -= back;
        }
    }

    /** Room for at least one byte more. */
    private void makeRoom() {
        if (end < bytes.length) {
            return;
        }
        if (start > 0) {
            System.arraycopy(bytes, start, bytes, 0, end - start);
            end -= start;
            start = 0;
            return;
        }
        int size = (int) Math.max(end + 1L, Math.min(Math.max(FIRST_BYTES, 2L * end), mostBytes));
        if (counted) {
            hold(size);
        }
        bytes = Arrays.copyOf(bytes, size);
    }

    private void hold(int bufferBytes) {
        long more = held(bufferBytes) - taken;
        if (more <= 0) {
            return;
        }
        if (!admission.takeBytes(more)) {
            throw ProblemCode.BACKPRESSURE.exception(
                    "the memory for bodies that have not come whole is used up");
        }
        taken += more;
    }

    private long held(int bufferBytes) {
        return bufferBytes + (decoder == null ? 0 : piece.length + decoder.heldBytes());
    }
}
