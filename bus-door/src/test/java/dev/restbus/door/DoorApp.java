package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.DoorTomcat;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** Shows what the door costs: a no-op route beside a no-op servlet of the same process. */
@EnableAutoConfiguration
@Import(DoorWiring.class)
class DoorApp {

    private static final byte[] REPLY =
            "{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":0}"
                    .getBytes(StandardCharsets.UTF_8);

    /** The door on the given port, the servlet without it on the next. */
    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        new SpringApplication(DoorApp.class).run("--server.port=" + port);
        new SpringApplication(Bare.class).run("--server.port=" + (port + 1));
    }

    /** The same Tomcat without the door. */
    @EnableAutoConfiguration
    static class Bare {

        @Bean
        DoorTomcat tomcat() {
            return new DoorTomcat(
                    new DoorTomcat.Limits(10_000, 30_000, 0, 0),
                    (request, response, s, d) -> {},
                    (request, length, caller) -> false);
        }

        @Bean
        ServletRegistrationBean<HttpServlet> noOpServlet() {
            return new ServletRegistrationBean<>(new NoOp(), "/noop");
        }
    }

    @Bean
    Route noOpRoute() {
        CompletableFuture<Answer> done =
                CompletableFuture.completedFuture(Answer.json(201, Slice.of(REPLY)));
        return new Route("POST", "/v1/topics/{topic}", Set.of("key"), exchange -> done);
    }

    @Bean
    Route laterRoute() {
        ExecutorService other = Executors.newSingleThreadExecutor();
        Answer answer = Answer.json(201, Slice.of(REPLY));
        return new Route(
                "POST",
                "/later",
                Set.of(),
                exchange -> CompletableFuture.supplyAsync(() -> answer, other));
    }

    private static final class NoOp extends HttpServlet {

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            byte[] body = request.getInputStream().readNBytes(request.getContentLength());
            response.setStatus(body.length > 0 ? 201 : 400);
            response.setContentType("application/json");
            response.setContentLength(REPLY.length);
            response.getOutputStream().write(REPLY);
        }
    }
}
