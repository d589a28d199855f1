package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.door.json.StrictJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.ServletRequestBindingException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.context.request.async.AsyncRequestTimeoutException;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.NoHandlerFoundException;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import tools.jackson.core.JacksonException;

/** Every failure within Spring MVC as a problem. Stateless. */
@RestControllerAdvice
final class MvcProblems {

    @ExceptionHandler(Exception.class)
    void answer(Exception failure, HttpServletRequest request, HttpServletResponse response) {
        if (failure instanceof AsyncRequestNotUsableException) {
            return;
        }
        if (failure instanceof HttpRequestMethodNotSupportedException method
                && method.getSupportedMethods() != null) {
            TreeSet<String> allowed = new TreeSet<>(List.of(method.getSupportedMethods()));
            allowed.add("OPTIONS");
            response.setHeader("Allow", String.join(", ", allowed));
        }
        ProblemWriter.write(request, response, problemOf(failure, request));
    }

    private static Problem problemOf(Throwable failure, HttpServletRequest request) {
        if (failure instanceof CompletionException && failure.getCause() != null) {
            return problemOf(failure.getCause(), request);
        }
        if (failure instanceof BusException bus) {
            return bus.problem();
        }
        Problem known = ofSpring(failure, request);
        if (known != null) {
            return known;
        }
        return ProblemWriter.internal(request, failure);
    }

    private static @Nullable Problem ofSpring(Throwable failure, HttpServletRequest request) {
        if (failure instanceof HttpMessageNotReadableException unreadable) {
            return ofBody(unreadable);
        }
        if (failure instanceof NoResourceFoundException
                || failure instanceof NoHandlerFoundException) {
            return ProblemCode.NOT_FOUND.problem("there is nothing at " + request.getRequestURI());
        }
        if (failure instanceof HttpMediaTypeNotSupportedException type) {
            return ProblemCode.UNSUPPORTED_MEDIA_TYPE.problem(
                    "this path reads "
                            + type.getSupportedMediaTypes()
                            + ", not "
                            + type.getContentType());
        }
        if (failure instanceof AsyncRequestTimeoutException) {
            return ProblemCode.OUTCOME_UNKNOWN
                    .problem("the node did not finish this call in time")
                    .withOutcome(Outcome.UNKNOWN);
        }
        Problem ofArgument = ofArgument(failure);
        if (ofArgument != null) {
            return ofArgument;
        }
        return failure instanceof ErrorResponse error && error.getStatusCode().isError()
                ? ofStatus(error.getStatusCode().value(), error.getBody().getDetail())
                : null;
    }

    private static @Nullable Problem ofArgument(Throwable failure) {
        if (failure instanceof MethodArgumentTypeMismatchException mismatch) {
            return Problem.at(
                    ProblemCode.INVALID_PARAMETER,
                    mismatch.getName(),
                    mismatch.getName()
                            + " is "
                            + described(mismatch.getRequiredType())
                            + ", not '"
                            + mismatch.getValue()
                            + "'");
        }
        if (failure instanceof MissingServletRequestParameterException missing) {
            return Problem.at(
                    ProblemCode.INVALID_PARAMETER,
                    missing.getParameterName(),
                    "the parameter '" + missing.getParameterName() + "' is required");
        }
        if (failure instanceof ServletRequestBindingException binding) {
            return ProblemCode.INVALID_PARAMETER.problem(String.valueOf(binding.getMessage()));
        }
        if (failure instanceof MethodArgumentNotValidException invalid) {
            List<FieldError> errors =
                    invalid.getBindingResult().getFieldErrors().stream()
                            .map(MvcProblems::fieldError)
                            .toList();
            return ProblemCode.INVALID_VALUE.problem("the body is not valid").withErrors(errors);
        }
        return failure instanceof HandlerMethodValidationException invalid
                ? ProblemCode.INVALID_VALUE.problem(String.valueOf(invalid.getMessage()))
                : null;
    }

    private static String described(@Nullable Class<?> type) {
        if (type == int.class
                || type == long.class
                || type == Integer.class
                || type == Long.class) {
            return "a whole number";
        }
        return type == boolean.class || type == Boolean.class ? "true or false" : "something else";
    }

    private static FieldError fieldError(org.springframework.validation.FieldError error) {
        return new FieldError(
                "/" + error.getField().replace('.', '/'),
                String.valueOf(error.getDefaultMessage()));
    }

    private static Problem ofBody(HttpMessageNotReadableException unreadable) {
        for (Throwable cause = unreadable.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof BusException bus) {
                return bus.problem();
            }
            if (cause instanceof JacksonException json) {
                return StrictJson.problem(json).problem();
            }
        }
        return ProblemCode.MALFORMED_JSON.problem("this call needs a JSON body");
    }

    /** The problem for what the container refused by itself. */
    static Problem ofContainer(HttpServletRequest request, int status, String detail) {
        String uri = request.getRequestURI();
        if (status == 400 && uri != null) {
            try {
                RequestPath.parse(uri);
            } catch (BusException e) {
                return e.problem();
            }
        }
        return ofStatus(status, detail);
    }

    /** The problem for a status that says all there is to say. */
    static Problem ofStatus(int status, @Nullable String detail) {
        ProblemCode code = codeOf(status);
        return code.problem(detail == null || detail.isEmpty() ? code.title() : detail);
    }

    private static ProblemCode codeOf(int status) {
        switch (status) {
            case 401:
                return ProblemCode.UNAUTHORIZED;
            case 403:
                return ProblemCode.FORBIDDEN;
            case 404:
                return ProblemCode.NOT_FOUND;
            case 405:
                return ProblemCode.METHOD_NOT_ALLOWED;
            case 406:
                return ProblemCode.NOT_ACCEPTABLE;
            case 408:
                return ProblemCode.BODY_TIMEOUT;
            case 413:
                return ProblemCode.BODY_TOO_LARGE;
            case 414:
                return ProblemCode.URI_TOO_LONG;
            case 415:
                return ProblemCode.UNSUPPORTED_MEDIA_TYPE;
            case 417:
                return ProblemCode.EXPECTATION_FAILED;
            case 422:
                return ProblemCode.INVALID_VALUE;
            case 431:
                return ProblemCode.HEADERS_TOO_LARGE;
            case 501:
                return ProblemCode.NOT_IMPLEMENTED;
            case 503:
                return ProblemCode.SHUTTING_DOWN;
            case 505:
                return ProblemCode.UNSUPPORTED_HTTP_VERSION;
            default:
                return status < 500 ? ProblemCode.MALFORMED_REQUEST : ProblemCode.INTERNAL;
        }
    }
}
