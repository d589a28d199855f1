package dev.restbus.door.encoding;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdBufferDecompressingStreamNoFinalizer;
import com.github.luben.zstd.ZstdIOException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Zstandard, RFC 8878: any number of frames. A window has at most the 8 MiB that RFC 9659 allows
 * for a content encoding, so that a few bytes cannot ask for more memory than that.
 */
final class ZstdDecoder extends ContentDecoder {

    private static final int MAX_WINDOW_LOG = 23;
    private static final long MAX_WINDOW_BYTES = 1L << MAX_WINDOW_LOG;

    /** Of a context and its input buffer, one block of 128 KiB. */
    private static final long CONTEXT_BYTES = 320 << 10;

    private static final ByteBuffer NOTHING = ByteBuffer.wrap(new byte[0]);

    private Frames frames = new Frames();
    private boolean fedAny;

    /** Whether the last read left room, so that the library holds nothing back. */
    private boolean flushed = true;

    @Override
    void input(byte[] bytes, int at, int length) {
        if (!frames.hasRemaining()) {
            // The library takes an end of its input at the end of a frame for the end of all.
            frames.close();
            frames = new Frames();
        }
        fedAny = true;
        flushed = false;
        frames.take(ByteBuffer.wrap(bytes, at, length));
    }

    @Override
    int decode(byte[] target, int at, int room) {
        while (!flushed || frames.left() > 0) {
            ByteBuffer into = ByteBuffer.wrap(target, at, room);
            int count = frames.readInto(into);
            flushed = count < room;
            if (count > 0) {
                return count;
            }
        }
        return 0;
    }

    @Override
    int unread() {
        return frames.left();
    }

    @Override
    boolean isWhole() {
        return fedAny && !frames.hasRemaining();
    }

    @Override
    public long heldBytes() {
        return CONTEXT_BYTES + Math.min(produced(), MAX_WINDOW_BYTES);
    }

    @Override
    public void close() {
        frames.close();
    }

    /** The library's stream, which otherwise knows its whole source from the start. */
    private static final class Frames extends ZstdBufferDecompressingStreamNoFinalizer {

        Frames() {
            super(NOTHING);
            try {
                setLongMax(MAX_WINDOW_LOG);
            } catch (IOException e) {
                close();
                throw new IllegalStateException("zstd refuses a window of 8 MiB", e);
            }
        }

        void take(ByteBuffer input) {
            source = input;
        }

        int left() {
            return source.remaining();
        }

        int readInto(ByteBuffer target) {
            try {
                return read(target);
            } catch (ZstdIOException e) {
                if (e.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
                    throw unsupported(
                            "the zstd window of the body is larger than "
                                    + MAX_WINDOW_BYTES
                                    + " bytes");
                }
                throw malformed(e.getMessage());
            } catch (IOException e) {
                throw malformed(String.valueOf(e.getMessage()));
            }
        }
    }
}
