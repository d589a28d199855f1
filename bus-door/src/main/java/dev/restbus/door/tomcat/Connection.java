package dev.restbus.door.tomcat;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * The connection beneath a request, for an answer that lasts. To be used between the start and the
 * completion of an asynchronous request whose body was read, by one thread at a time; once the
 * connection is closed, every call is without effect.
 */
public final class Connection {

    private final SocketWrapperBase<?> socket;

    Connection(SocketWrapperBase<?> socket) {
        this.socket = socket;
    }

    /** That of a request which came through {@link DoorProtocol}. */
    @SuppressWarnings("unchecked")
    public static Connection of(HttpServletRequest request) {
        Object note = ErrorValve.inner(request).getNote(DoorProtocol.CONNECTION_NOTE);
        return ((Supplier<Connection>) note).get();
    }

    /**
     * Keeps the container from handling this connection: under the lock an answer can be written by
     * a thread that is not the container's, as long as the request's listeners have not been told
     * that it is over.
     */
    public void lock() {
        socket.getLock().lock();
    }

    public void unlock() {
        socket.getLock().unlock();
    }

    /** Looks, without waiting and under the lock, whether the caller has closed its side. */
    public boolean isGone() {
        try {
            // Buffers what it finds for the next request, and fails at the end of the stream.
            return !socket.isReadyForRead() && socket.isClosed();
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * Writes what the socket takes at once, behind everything that the container wrote: the
     * container itself hands over 8 KiB a call, and copies each once more.
     *
     * @return how many bytes; 0 also where only the container can write
     */
    public int write(byte[] bytes, int at, int length) throws IOException {
        if (socket.hasDataToWrite() && socket.flush(false)) {
            return 0;
        }
        return socket.getSocket() instanceof NioChannel channel
                        && !(channel instanceof SecureNioChannel)
                ? channel.write(ByteBuffer.wrap(bytes, at, length))
                : 0;
    }

    /**
     * How long a write may make no progress before the connection is closed, in milliseconds.
     *
     * @return what held before
     */
    public long writeTimeoutMs(long newTimeoutMs) {
        long before = socket.getWriteTimeout();
        socket.setWriteTimeout(newTimeoutMs);
        return before;
    }

    /** Closes it, as Tomcat does at a timeout: the request's listeners are told of an error. */
    public void cut() {
        socket.setError(new SocketTimeoutException("cut by the node"));
        socket.processSocket(SocketEvent.ERROR, true);
    }
}
