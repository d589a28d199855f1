package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.fuzz.Fuzzing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32C;

/** A batch token from anyone is refused, or is written again as one that reads the same. */
public class BatchTokenFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        read(new String(input, StandardCharsets.ISO_8859_1));
        read(Base64.getUrlEncoder().withoutPadding().encodeToString(signed(input)));
    }

    /** Version and checksum are right, which chance never finds. */
    private static byte[] signed(byte[] input) {
        ByteBuffer bytes = ByteBuffer.allocate(1 + input.length + Integer.BYTES);
        bytes.put((byte) 1).put(input);
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, 1 + input.length);
        return bytes.putInt((int) crc.getValue()).array();
    }

    private static void read(String text) {
        BatchToken token;
        try {
            token = BatchToken.parse(text);
        } catch (BusException e) {
            return;
        }
        // A forged one may name a topic twice, which is never written so.
        String written = token.text();
        if (!BatchToken.parse(written).text().equals(written)) {
            throw new IllegalStateException("another token: " + token);
        }
    }
}
