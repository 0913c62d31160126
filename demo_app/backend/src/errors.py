"""What a service raises; the application turns each into one JSON answer."""


class ServiceError(Exception):
    status = 400

    def __init__(self, message, **fields):
        super().__init__(message)
        self.message = message
        self.fields = fields

    def as_dict(self):
        answer = {"error": self.message}
        if self.fields:
            answer["fields"] = self.fields
        return answer


class ValidationError(ServiceError):
    status = 422


class NotFound(ServiceError):
    status = 404


class Conflict(ServiceError):
    status = 409


class NotAuthenticated(ServiceError):
    status = 401


class NotAllowed(ServiceError):
    status = 403
