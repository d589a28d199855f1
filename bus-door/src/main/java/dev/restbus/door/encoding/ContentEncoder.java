package dev.restbus.door.encoding;

import com.github.luben.zstd.Zstd;
import dev.restbus.api.batch.Slice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Applies a {@code Content-Encoding} to a whole body. Thread-safe. */
public enum ContentEncoder {
    /** The cheaper one for the node, so it wins where a caller likes both. */
    ZSTD("zstd") {
        @Override
        public Slice encode(Slice body) {
            byte[] encoded = new byte[(int) Zstd.compressBound(body.length())];
            long length =
                    Zstd.compressByteArray(
                            encoded,
                            0,
                            encoded.length,
                            body.bytes(),
                            body.at(),
                            body.length(),
                            ZSTD_LEVEL);
            if (Zstd.isError(length)) {
                throw new IllegalStateException("zstd: " + Zstd.getErrorName(length));
            }
            return new Slice(encoded, 0, (int) length);
        }
    },

    GZIP("gzip") {
        @Override
        public Slice encode(Slice body) {
            ByteArrayOutputStream encoded = new ByteArrayOutputStream(body.length() / 4 + 64);
            try (GZIPOutputStream gzip = new Fast(encoded)) {
                gzip.write(body.bytes(), body.at(), body.length());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Slice.of(encoded.toByteArray());
        }
    };

    /** Bodies that are shorter leave as they are: one packet carries them anyway. */
    public static final int MIN_BYTES = 2 * 1024;

    private static final int ZSTD_LEVEL = 1;

    /** The library is native code, and not for every kind of machine. */
    private static final boolean ZSTD_WORKS = isZstdHere();

    private final String token;

    ContentEncoder(String token) {
        this.token = token;
    }

    /** The encoding's name in {@code Content-Encoding}. */
    public String token() {
        return token;
    }

    /** The encoded body, in an array of its own. */
    public abstract Slice encode(Slice body);

    /** Whether bodies of this media type become much smaller. */
    public static boolean suits(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        String type = contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        return type.startsWith("text/")
                || type.endsWith("/json")
                || type.endsWith("+json")
                || type.endsWith("/javascript");
    }

    /**
     * What a caller accepts best, by RFC 9110 §12.5.3; {@code *} stands for gzip, which all know.
     *
     * @param acceptEncoding the header, or null
     * @return null for the body as it is
     */
    public static @Nullable ContentEncoder choose(@Nullable String acceptEncoding) {
        if (acceptEncoding == null) {
            return null;
        }
        ContentEncoder best = null;
        double bestWeight = weight(acceptEncoding, "identity");
        for (ContentEncoder encoder : values()) {
            double weight = weight(acceptEncoding, encoder.token);
            boolean better = best == null ? weight >= bestWeight : weight > bestWeight;
            if (weight > 0 && better && (encoder != ZSTD || ZSTD_WORKS)) {
                best = encoder;
                bestWeight = weight;
            }
        }
        return best;
    }

    /** 0 for one that is not named. */
    private static double weight(String header, String name) {
        double any = 0;
        for (String part : header.toLowerCase(Locale.ROOT).split(",")) {
            // Also an empty piece is one: ";" alone names no coding.
            String[] pieces = part.split(";", -1);
            String coding = pieces[0].trim();
            if (coding.equals(name) || coding.equals("x-" + name)) {
                return quality(pieces);
            }
            if (coding.equals("*") && name.equals(GZIP.token)) {
                any = quality(pieces);
            }
        }
        return any;
    }

    /** One that does not parse says nothing. */
    private static double quality(String[] pieces) {
        for (String piece : Arrays.asList(pieces).subList(1, pieces.length)) {
            String[] pair = piece.trim().split("=", 2);
            if (pair.length == 2 && pair[0].trim().equals("q")) {
                try {
                    return Double.parseDouble(pair[1].trim());
                } catch (NumberFormatException e) {
                    return 1;
                }
            }
        }
        return 1;
    }

    private static boolean isZstdHere() {
        try {
            return Zstd.compressBound(1) > 0;
        } catch (LinkageError e) {
            return false;
        }
    }

    /** Answers are made while callers wait. */
    private static final class Fast extends GZIPOutputStream {
        Fast(ByteArrayOutputStream out) throws IOException {
            super(out, 8 * 1024);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
