package dev.restbus.door.tomcat;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;

/**
 * A caller whose request a {@link Lane} took. Its socket is written under the socket's lock, and
 * read by nobody until the answer has left.
 */
final class LaneCaller implements Lane.Caller {

    private enum State {
        /** The poller's thread, which holds the lock, is in the call of the lane. */
        INSIDE,
        /** The answer comes later; the connection is polled meanwhile. */
        WAITING,
        /** The connection has something to read, and is not polled until the answer has left. */
        PUT_OFF,
        ANSWERED
    }

    private final DoorEndpoint endpoint;
    private final NioSocketWrapper socket;
    private final AtomicReference<State> state = new AtomicReference<>(State.INSIDE);

    /** Whether a part of the answer has not left yet; written under the lock. */
    private boolean partLeft;

    LaneCaller(DoorEndpoint endpoint, NioSocketWrapper socket) {
        this.endpoint = endpoint;
        this.socket = socket;
    }

    @Override
    public int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public int keepAliveTimeoutMs() {
        return endpoint.getKeepAliveTimeout();
    }

    @Override
    public void answer(byte[] bytes, int at, int length) {
        ReentrantLock lock = socket.getLock();
        lock.lock();
        try {
            partLeft = !write(bytes, at, length);
            if (!partLeft) {
                onAnswered();
            } else if (state.get() != State.INSIDE) {
                writeRestLater();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether all has left; a caller that is gone wants no more. */
    private boolean write(byte[] bytes, int at, int length) {
        try {
            socket.write(false, bytes, at, length);
            return !socket.flush(false);
        } catch (IOException e) {
            socket.close();
            return true;
        }
    }

    /** Under the lock, by the poller's thread, after the call of the lane. */
    void onTaken() {
        if (state.compareAndSet(State.INSIDE, State.WAITING)) {
            // It is the lane that decides how long this may take.
            socket.setReadTimeout(-1);
            if (partLeft) {
                writeRestLater();
            }
        }
    }

    boolean isAnswered() {
        return state.get() == State.ANSWERED;
    }

    /** Leaves what the connection has to read for later; false if the answer has left. */
    boolean putOff() {
        return state.compareAndSet(State.WAITING, State.PUT_OFF) || state.get() == State.PUT_OFF;
    }

    /** On a thread that may wait until the caller reads. */
    private void writeRestLater() {
        try {
            endpoint.getExecutor().execute(this::writeRest);
        } catch (RejectedExecutionException e) {
            socket.close();
            onAnswered();
        }
    }

    private void writeRest() {
        try {
            socket.flush(true);
        } catch (IOException e) {
            socket.close();
        }
        onAnswered();
    }

    private void onAnswered() {
        // Idle from now on, however long ago the request came.
        socket.updateLastRead();
        socket.setReadTimeout(endpoint.getKeepAliveTimeout());
        endpoint.forget(socket, this);
        if (state.getAndSet(State.ANSWERED) == State.PUT_OFF) {
            socket.registerReadInterest();
        }
    }
}
