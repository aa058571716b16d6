"""Losses of a teacher and of its student on data sets with missing labels (Vu and Beurton-Aimar, section 2.2): pure
functions on tensors."""

from torch import Tensor


def kl_divergence(teacher: Tensor, student: Tensor, temperature: float = 1.0) -> Tensor:
    """KL(SF(t, T), SF(s, T)) of every sample (Vu and Beurton-Aimar, equations 4 to 6), at least 0.

    Args:
        teacher: scores of the classes or bins, shape (…, classes).
        student: the same.
        temperature: T, which both are divided by before the softmax.

    Returns:
        Shape (…).
    """
    log_teacher, log_student = (teacher / temperature).log_softmax(-1), (student / temperature).log_softmax(-1)
    return (log_teacher.exp() * (log_teacher - log_student)).sum(-1)


def student_loss(supervised: Tensor, annotated: Tensor, distilled: Tensor, truth: float) -> Tensor:
    """The loss of every sample for one task (Vu and Beurton-Aimar, equations 8 to 10): what its annotation says and
    what the teacher says, with the weights `truth` and 1 - `truth`; what the teacher says alone where nothing is
    annotated.

    Args:
        supervised: of equations 1 to 3, shape (…); means nothing where not `annotated`.
        annotated: whether the sample is annotated, shape (…).
        distilled: of equations 4 to 6, shape (…).
        truth: lambda, in [0, 1].

    Returns:
        Shape (…).
    """
    return (truth * supervised + (1 - truth) * distilled).where(annotated, distilled)
