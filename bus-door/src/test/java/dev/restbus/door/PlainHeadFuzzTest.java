package dev.restbus.door;

import dev.restbus.api.fuzz.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the lane takes for a plain request is one by the letter of RFC 9112 too, and says the same:
 * here it is read by patterns instead of by hand.
 */
public class PlainHeadFuzzTest extends Fuzzing {

    private static final Pattern REQUEST =
            Pattern.compile(
                    "POST (/[^ ?#%\\\\]*)(?:\\?([^ #\\\\]*))? HTTP/1\\.1\r\n"
                            + "((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ -~]*\r\n)*)\r\n(.*)",
                    Pattern.DOTALL);

    private static final List<String> OTHERS =
            List.of("transfer-encoding", "content-encoding", "expect", "upgrade", "trailer", "te");

    public static void fuzzerTestOneInput(byte[] input) {
        PlainHead head = PlainHead.of(input, input.length);
        if (head == null) {
            return;
        }
        Matcher request = REQUEST.matcher(new String(input, StandardCharsets.ISO_8859_1));
        require(request.matches(), "a request");
        require(request.group(1).equals(head.path()), "the path");
        String query = request.group(2);
        require(query == null ? head.query() == null : query.equals(head.query()), "the query");
        byte[] body = Arrays.copyOfRange(input, input.length - head.body().length(), input.length);
        require(request.group(4).equals(new String(body, StandardCharsets.ISO_8859_1)), "the body");
        int hosts = 0;
        int lengths = 0;
        for (String line : request.group(3).lines().toList()) {
            String name = line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
            String value = line.substring(line.indexOf(':') + 1).strip();
            require(head.header(name) != null, "a header");
            require(!OTHERS.contains(name), "nothing that frames a body otherwise");
            if (name.equals("host")) {
                require(value.equals(head.header("Host")), "the host");
                hosts++;
            }
            if (name.equals("content-length")) {
                require(Integer.parseInt(value) == body.length, "the length");
                lengths++;
            }
            if (name.equals("connection")) {
                require(value.equalsIgnoreCase("keep-alive"), "the connection stays");
            }
        }
        require(hosts == 1 && lengths == 1, "one host and one length");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
