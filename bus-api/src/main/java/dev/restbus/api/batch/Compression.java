package dev.restbus.api.batch;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.batch.RecordReader.OversizedBatchException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.xxhash.XXHashFactory;
import org.jspecify.annotations.Nullable;

/**
 * How Kafka's producers pack the records of a batch. They are unpacked as a whole and within
 * limits, because who sent them need not mean well. Snappy is not read. Stateless.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-110">KIP-110 for zstd</a>
 * @see <a href="https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md">LZ4 frames</a>
 */
public final class Compression {

    public static final int NONE = 0;
    public static final int GZIP = 1;
    public static final int SNAPPY = 2;
    public static final int LZ4 = 3;
    public static final int ZSTD = 4;

    /** The records of one batch are at most so large, unpacked. */
    public static final int MAX_BYTES = 16 << 20;

    /** Beyond the first MiB, records are at most so many times as large as they came. */
    public static final int MAX_RATIO = 20;

    private static final int FREE_BYTES = 1 << 20;
    private static final int FIRST_BYTES = 4 << 10;

    /** RFC 8878, 3.1.1.1.2: a decoder should take 8 MiB windows and may refuse larger ones. */
    private static final int ZSTD_MAX_WINDOW_LOG = 23;

    private Compression() {}

    /** Whether batches with this code can be read. */
    public static boolean isReadable(int code) {
        return code == NONE || code == GZIP || code == LZ4 || code == ZSTD;
    }

    /** What so many bytes may become. */
    static int limitBytes(int packedBytes) {
        return (int) Math.min(MAX_BYTES, FREE_BYTES + (long) MAX_RATIO * packedBytes);
    }

    /**
     * Unpacks the records of a batch.
     *
     * @throws MalformedBatchException for a code that is not read and for damaged bytes; {@link
     *     OversizedBatchException} beyond the limits
     */
    static Slice unpack(int code, Slice packed) {
        ByteArrayInputStream source =
                new ByteArrayInputStream(packed.bytes(), packed.at(), packed.length());
        try (InputStream in = open(code, source)) {
            Slice records = readAll(in, limitBytes(packed.length()));
            if (source.available() > 0) {
                throw new MalformedBatchException("bytes behind the compressed records");
            }
            return records;
        } catch (MalformedBatchException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new MalformedBatchException(
                    "the records cannot be unpacked: " + e.getMessage(), e);
        }
    }

    /**
     * Packs the records of a batch.
     *
     * @param code one that {@link #isReadable}, but {@link #NONE}
     * @return null where that does not make them smaller, or so much smaller that {@link #unpack}
     *     would refuse them
     */
    public static @Nullable Slice pack(int code, Slice records) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(records.length() / 2);
        try (OutputStream out = open(code, packed)) {
            out.write(records.bytes(), records.at(), records.length());
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written", e);
        }
        Slice result = Slice.of(packed.toByteArray());
        return result.length() < records.length() && unpacksTo(records, code, result)
                ? result
                : null;
    }

    private static boolean unpacksTo(Slice records, int code, Slice packed) {
        try {
            Slice unpacked = unpack(code, packed);
            return Arrays.equals(
                    unpacked.bytes(),
                    unpacked.at(),
                    unpacked.at() + unpacked.length(),
                    records.bytes(),
                    records.at(),
                    records.at() + records.length());
        } catch (MalformedBatchException e) {
            return false;
        }
    }

    private static OutputStream open(int code, OutputStream target) throws IOException {
        switch (code) {
            case GZIP:
                return new GZIPOutputStream(target);
            case LZ4:
                return new LZ4FrameOutputStream(
                        target,
                        LZ4FrameOutputStream.BLOCKSIZE.SIZE_64KB,
                        -1,
                        LZ4Factory.safeInstance().fastCompressor(),
                        XXHashFactory.safeInstance().hash32(),
                        LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE);
            case ZSTD:
                return new ZstdOutputStreamNoFinalizer(target);
            default:
                throw new IllegalArgumentException("compression " + code + " is not written");
        }
    }

    private static InputStream open(int code, InputStream source) throws IOException {
        switch (code) {
            case GZIP:
                return new GZIPInputStream(source);
            case LZ4:
                // Not the fastest, but without native or unsafe code on bytes from anyone. One
                // frame, as Kafka reads it: each could ask for buffers of 8 MiB.
                return new LZ4FrameInputStream(
                        source,
                        LZ4Factory.safeInstance().safeDecompressor(),
                        XXHashFactory.safeInstance().hash32(),
                        true);
            case ZSTD:
                return new ZstdInputStreamNoFinalizer(source).setLongMax(ZSTD_MAX_WINDOW_LOG);
            default:
                throw new MalformedBatchException(
                        "compression " + code + " is not read; gzip, lz4 and zstd are");
        }
    }

    private static Slice readAll(InputStream in, int limitBytes) throws IOException {
        byte[] bytes = new byte[FIRST_BYTES];
        int length = 0;
        int read = in.read(bytes, 0, bytes.length);
        while (read >= 0) {
            length += read;
            if (length > limitBytes) {
                throw new OversizedBatchException(
                        "the records unpack to more than " + limitBytes + " bytes");
            }
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, limitBytes + 1L));
            }
            read = in.read(bytes, length, bytes.length - length);
        }
        return new Slice(bytes, 0, length);
    }
}
