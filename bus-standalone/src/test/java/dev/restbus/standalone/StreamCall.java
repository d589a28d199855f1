package dev.restbus.standalone;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One request on a socket whose answer is read line by line while it comes. */
final class StreamCall implements AutoCloseable {

    private static final int TIMEOUT_MS = 30_000;

    private final Socket socket;
    private final InputStream in;
    private final String head;
    private final boolean chunked;
    private int leftOfChunk;
    private boolean ended;

    private StreamCall(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new java.io.BufferedInputStream(socket.getInputStream());
        StringBuilder text = new StringBuilder();
        for (String line = rawLine(); !line.isEmpty(); line = rawLine()) {
            text.append(line).append('\n');
        }
        head = text.toString();
        chunked = head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
    }

    /** Sends a GET and reads the head of its answer. */
    static StreamCall get(int port, String path, String... headers) {
        try {
            Socket socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(TIMEOUT_MS);
            StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\n");
            request.append("Host: localhost\r\n");
            for (String header : headers) {
                request.append(header).append("\r\n");
            }
            request.append("\r\n");
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
            return new StreamCall(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int status() {
        return Integer.parseInt(head.split(" ")[1]);
    }

    String head() {
        return head;
    }

    /** The next line of the body without its end, or null behind the last. */
    @Nullable String line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = read(); b != '\n'; b = read()) {
            if (b < 0) {
                return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Every line to the end. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (String line = line(); line != null; line = line()) {
            lines.add(line);
        }
        return lines;
    }

    private int read() {
        try {
            if (!chunked) {
                return in.read();
            }
            if (leftOfChunk == 0 && !ended) {
                leftOfChunk = Integer.parseInt(rawLine(), 16);
                ended = leftOfChunk == 0;
            }
            if (ended) {
                return -1;
            }
            int b = in.read();
            if (--leftOfChunk == 0) {
                rawLine();
            }
            return b;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String rawLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("closed after '" + line + "'");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
