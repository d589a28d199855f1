package dev.restbus.door.encoding;

import dev.restbus.api.BusException;
import dev.restbus.api.fuzz.Fuzzing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * An encoded body is refused, or decodes to the same however it is cut; gzip to what the JDK says.
 * The first byte says which encoding, and how long the pieces are.
 */
public class BodyDecoderFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        boolean gzip = (input[0] & 1) == 0;
        int pieceBytes = 1 + ((input[0] & 0xff) >> 1);
        byte[] encoded = Arrays.copyOfRange(input, 1, input.length);
        if (!gzip && hasOldFrame(encoded)) {
            return;
        }
        byte[] whole = decoded(gzip, encoded, Math.max(1, encoded.length));
        byte[] inPieces = decoded(gzip, encoded, pieceBytes);
        boolean oneIsRefused = whole == null || inPieces == null;
        boolean mayDiffer = !gzip && oneIsRefused && hasStatedSize(encoded);
        if (!Arrays.equals(whole, inPieces) && !mayDiffer) {
            throw new IllegalStateException("pieces of " + pieceBytes + " decode to another body");
        }
        if (gzip && whole != null && !Arrays.equals(whole, byTheJdk(encoded))) {
            throw new IllegalStateException("the JDK decodes to another body");
        }
    }

    /** Of zstd before 0.8, which is not RFC 8878; the library reads some, if they come whole. */
    private static boolean hasOldFrame(byte[] encoded) {
        for (int i = 0; i + 3 < encoded.length; i++) {
            boolean magic = encoded[i + 1] == (byte) 0xb5 && encoded[i + 2] == 0x2f;
            if (magic && encoded[i + 3] == (byte) 0xfd && encoded[i] != 0x28) {
                return true;
            }
        }
        return false;
    }

    /**
     * Of a zstd frame. The library compares it with what the blocks hold, but not where the frame
     * comes in pieces, or the room is smaller, and it ends with an empty block.
     */
    private static boolean hasStatedSize(byte[] encoded) {
        for (int i = 0; i + 4 < encoded.length; i++) {
            if (encoded[i] == 0x28
                    && encoded[i + 1] == (byte) 0xb5
                    && encoded[i + 2] == 0x2f
                    && encoded[i + 3] == (byte) 0xfd
                    && (encoded[i + 4] & 0xe0) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Null where it is refused. */
    private static byte[] decoded(boolean gzip, byte[] encoded, int pieceBytes) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        byte[] room = new byte[1 + pieceBytes % 700];
        try (ContentDecoder decoder = ContentDecoder.of(gzip ? "gzip" : "zstd")) {
            for (int at = 0; at < encoded.length; at += pieceBytes) {
                decoder.feed(encoded, at, Math.min(pieceBytes, encoded.length - at));
                int count = decoder.read(room, 0, room.length);
                while (count > 0) {
                    plain.write(room, 0, count);
                    count = decoder.read(room, 0, room.length);
                }
            }
            decoder.finish();
            return plain.toByteArray();
        } catch (BusException e) {
            return null;
        }
    }

    private static byte[] byTheJdk(byte[] encoded) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(encoded))) {
            return in.readAllBytes();
        } catch (IOException e) {
            return null;
        }
    }
}
