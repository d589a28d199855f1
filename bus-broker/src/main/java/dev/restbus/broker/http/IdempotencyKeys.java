package dev.restbus.broker.http;

import dev.restbus.api.KeyHash;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.RequestKey;
import dev.restbus.door.Answer;
import dev.restbus.door.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads {@code Idempotency-Key}, and hashes the request that it stands for. Stateless. */
final class IdempotencyKeys {

    static final String HEADER = "Idempotency-Key";

    private static final int MAX_LENGTH = 255;

    /** There is one caller so far: whoever has the token. */
    private static final String PRINCIPAL = "";

    /** Headers that are stored with a record. */
    private static final List<String> STORED = List.of("bus-header-", "ce-");

    private IdempotencyKeys() {}

    /**
     * The key of a request, null if it has none.
     *
     * @param kind the route, which decides how the body is read
     * @throws dev.restbus.api.BusException 422 {@code invalid-value}
     */
    static @Nullable RequestKey of(Exchange exchange, String kind) {
        String key = exchange.header(HEADER);
        if (key == null) {
            return null;
        }
        requireValid(exchange, key);
        byte[] name = key.getBytes(StandardCharsets.US_ASCII);
        long id = Bytes.getLong(hash(List.of(utf8(PRINCIPAL), Slice.of(name))), 0);
        // Never -1, which is no producer: the lowest bit is given up.
        return new RequestKey(
                (id | Long.MIN_VALUE) & ~1L,
                Bytes.getInt(hash(meaning(exchange, kind)), 0) & Integer.MAX_VALUE,
                KeyHash.murmur2(name, 0, name.length) & Integer.MAX_VALUE);
    }

    private static void requireValid(Exchange exchange, String key) {
        int[] sent = new int[1];
        exchange.headers(HEADER, (name, value) -> sent[0] += name.equalsIgnoreCase(HEADER) ? 1 : 0);
        boolean visible = key.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (sent[0] > 1 || !visible || key.isEmpty() || key.length() > MAX_LENGTH) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    HEADER, "one key of 1 to " + MAX_LENGTH + " visible ASCII characters");
        }
    }

    /** All that decides what is stored and where, but not how it is confirmed. */
    private static List<Slice> meaning(Exchange exchange, String kind) {
        List<Slice> parts = new ArrayList<>();
        parts.add(utf8(kind));
        parts.add(utf8(exchange.query().text("key")));
        parts.add(utf8(exchange.query().text("partition")));
        parts.add(utf8(exchange.contentType()));
        TreeSet<String> headers = new TreeSet<>();
        for (String prefix : STORED) {
            exchange.headers(
                    prefix,
                    (name, value) -> headers.add(name.toLowerCase(Locale.ROOT) + ':' + value));
        }
        headers.forEach(header -> parts.add(utf8(header)));
        parts.add(exchange.body());
        return parts;
    }

    private static @Nullable Slice utf8(@Nullable String text) {
        return text == null ? null : Slice.utf8(text);
    }

    /** Each part with its length in front, so that no two lists look the same. */
    private static byte[] hash(List<@Nullable Slice> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] length = new byte[Integer.BYTES];
            for (Slice part : parts) {
                Bytes.putInt(length, 0, part == null ? -1 : part.length());
                digest.update(length);
                if (part != null) {
                    digest.update(part.bytes(), part.at(), part.length());
                }
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Says that an answer is that of an earlier request. */
    static Answer replayed(Answer answer) {
        List<String> headers = new ArrayList<>(answer.headers());
        headers.add("Idempotent-Replayed");
        headers.add("true");
        return answer.withHeaders(headers);
    }
}
