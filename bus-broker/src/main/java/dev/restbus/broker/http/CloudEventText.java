package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import dev.restbus.door.json.Utf8;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * An attribute's text as an HTTP header and back. Stateless.
 *
 * @see <a
 *     href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md">CloudEvents
 *     HTTP binding, 3.1.3.2</a>
 */
final class CloudEventText {

    private static final String HEX = "0123456789ABCDEF";

    private CloudEventText() {}

    /** Visible ASCII as it is, but for {@code "} and {@code %}; the rest percent-encoded. */
    static String encode(String text) {
        StringBuilder header = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0x20 && b < 0x7f && b != '"' && b != '%') {
                header.append((char) b);
            } else {
                header.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
            }
        }
        return header.toString();
    }

    /**
     * Takes off quotes, then one round of percent-encoding. A percent sign that begins no code
     * stands for itself.
     *
     * @param header each char one byte, as HTTP servers decode them
     * @throws dev.restbus.api.BusException 400 {@code malformed-encoding}
     */
    static String decode(String where, String header) {
        String text = unquoted(header.strip());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int i = 0;
        while (i < text.length()) {
            int code = text.charAt(i) == '%' ? code(text, i + 1) : -1;
            bytes.write(code < 0 ? text.charAt(i) : code);
            i += code < 0 ? 1 : 3;
        }
        byte[] utf8 = bytes.toByteArray();
        if (!Utf8.isValid(utf8, 0, utf8.length)) {
            throw ProblemCode.MALFORMED_ENCODING.exceptionAt(
                    where, "the header is not percent-encoded UTF-8");
        }
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** The byte of two hexadecimal digits; -1 if they are not there. */
    private static int code(String text, int at) {
        if (at + 2 > text.length()) {
            return -1;
        }
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    private static String unquoted(String text) {
        if (text.length() < 2 || text.charAt(0) != '"' || !text.endsWith("\"")) {
            return text;
        }
        StringBuilder inner = new StringBuilder(text.length());
        for (int i = 1; i < text.length() - 1; i++) {
            if (text.charAt(i) == '\\' && i + 1 < text.length() - 1) {
                i++;
            }
            inner.append(text.charAt(i));
        }
        return inner.toString();
    }
}
