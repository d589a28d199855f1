package dev.restbus.coordinator.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A fresh, empty database on a real PostgreSQL: in a container where there is Docker, else as a
 * process of its own. One server serves all tests of this JVM and ends with it.
 */
public record TestDatabase(String url, String username, String password) {

    private static final Supplier<TestDatabase> SERVER = new Server();
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Creates the database. */
    public static TestDatabase create() {
        TestDatabase server = SERVER.get();
        String name = "test" + COUNT.incrementAndGet();
        server.execute("create database " + name);
        String url = server.url().replaceFirst("/[^/?]+(\\?|$)", "/" + name + "$1");
        return new TestDatabase(url, server.username(), server.password());
    }

    /** Runs a statement that answers nothing. */
    public void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(url, username, password);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Starts the server when it is first asked for. */
    private static final class Server implements Supplier<TestDatabase> {

        private TestDatabase started;

        @Override
        public synchronized TestDatabase get() {
            if (started == null) {
                started =
                        DockerClientFactory.instance().isDockerAvailable()
                                ? container()
                                : process();
            }
            return started;
        }

        /** The library removes the container when this JVM ends. */
        private static TestDatabase container() {
            PostgreSQLContainer container = new PostgreSQLContainer("postgres:18-alpine");
            container.start();
            return new TestDatabase(
                    container.getJdbcUrl(), container.getUsername(), container.getPassword());
        }

        /** The library stops the process when this JVM ends. */
        private static TestDatabase process() {
            try {
                EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                return new TestDatabase(
                        postgres.getJdbcUrl("postgres", "postgres"), "postgres", "postgres");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
